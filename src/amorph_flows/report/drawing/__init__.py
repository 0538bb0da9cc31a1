"""A figure's description drawn: on the page, as a table, and for a paper."""
