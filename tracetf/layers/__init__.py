"""The parts of the Transformer, one formula a file: torch, einops and `tap`, nothing else."""
