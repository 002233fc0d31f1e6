"""What else mkdocs does: refuse stale translations and numbers, put the explorer beside the pages."""

import re
from typing import Any

from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files

from docs.live.settled import settle
from docs.live.translations import faults
from tracetf.views.page import script

SEARCH = {"en": "Search", "ko": "검색"}


def on_pre_build(config: Any) -> None:
    """Refuse pages that are missing or stale in one of the languages."""
    found = list(faults())
    if found:
        raise PluginError("translations: " + "; ".join(found))


def on_files(files: Files, config: Any) -> Files:
    """Add the explorer, which is a script without a build."""
    files.append(File.generated(config, "assets/explorer.js", content=script()))
    return files


def on_post_page(output: str, page: Any, config: Any) -> str:
    """Mend what a screen reader misses in the theme: a dialog without a name, headers without text."""
    named = output.replace('role="dialog"', f'role="dialog" aria-label="{SEARCH[config.theme["language"]]}"')
    return re.sub(r"<th( style=\"[^\"]*\")?></th>", r"<td\1></td>", named)


def on_post_build(config: Any) -> None:
    """Refuse numbers that are others than those the pages were written for."""
    changed = settle() if config["theme"]["language"] == "en" else []
    if changed:
        raise PluginError(
            "; ".join(["numbers have changed; read the pages, then SETTLE=1 mkdocs build", *changed])
        )
