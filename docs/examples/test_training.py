from pathlib import Path

from tracetf.training import begin, numbered, preset, read_lessons, resume, train, translator


def test_train_is_a_generator() -> None:
    settings = preset("student", corpus="nano", steps=12, warmup=4)
    pairs = read_lessons(settings)
    model = translator(settings, pairs)
    ids, _ = numbered(model, pairs.learned)
    losses = [progress.loss for progress in train(model, ids, settings)]
    assert losses[-1] < losses[0]


def test_a_training_is_kept_in_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    settings = preset("student", corpus="nano", steps=12, validate_every=6, score=5)
    with begin(folder, settings) as run:
        for news in run.train():
            if news.judged:
                print(news.progress.step, news.judged["perplexity"])
            if news.progress.step == 8:
                run.stop()
    with resume(folder) as run:
        steps = [news.progress.step for news in run.train()]
    assert steps == [10, 11, 12]
