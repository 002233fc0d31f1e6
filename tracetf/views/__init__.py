"""Ways to show a trace. They draw what is recorded, with the words, and know no model."""
