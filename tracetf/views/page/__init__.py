"""The explorer: one page for any trace, where every number can be pointed at and is recomputed."""

from tracetf.views.page.arrays import trace_of
from tracetf.views.page.document import element, frame, page, write_page
from tracetf.views.page.film import film
from tracetf.views.page.scripts import script

__all__ = ["element", "film", "frame", "page", "script", "trace_of", "write_page"]
