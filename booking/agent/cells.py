"""The grid's cells as HTML, by hand: a template takes 3 ms for some hundred of them, which is half of the whole page.

Everything that is not made here, or a token, is escaped.
"""

from __future__ import annotations

from markupsafe import Markup, escape

from booking.agent.grid import Cell, Row, Time


def cells_html(row: Row, query: str) -> Markup:
    """The cells of one row. `query` is the address that a cell's key is added to, to open it."""
    address = escape(query)
    return Markup("\n").join([_cell(cell, address) for cell in row.cells])


def _cell(cell: Cell, address: Markup) -> Markup:
    if not cell.free:
        return Markup("<td><span>{}</span></td>").format(cell.words)
    buttons = "".join([_button(time) for time in cell.times])
    link = f'<a href="{address}{cell.key}#all-times">{escape(cell.words)}</a>'
    return Markup(f"<td>{link}{buttons}</td>")  # noqa: S704 - every part is escaped above


def _button(time: Time) -> str:
    return f'<button name="slot" value="{time.token}" aria-label="{escape(time.in_full)}">{time.words}</button>'
