"""`python -m tracetf` is `tracetf`."""

from tracetf.cli import main

main()
