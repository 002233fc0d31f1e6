"""What tells markup from text."""


class Html(str):
    """Markup, which goes into a page as it is."""
