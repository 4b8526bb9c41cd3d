"""The grid's cells as HTML, by hand: a template takes 3 ms for some hundred of them, which is half of the whole page.

Everything that is not made here, or a token, is escaped.
"""

from __future__ import annotations

from markupsafe import Markup, escape

from web.agent.slot_grid import Cell, Row, Time


def cells_html(row: Row, query: str) -> Markup:
    """The cells of one row. `query` is the address that a cell's key is added to, to open it."""
    address = escape(query)
    return Markup("\n".join([_cell(cell, address) for cell in row.cells]))  # noqa: S704 - every part is escaped


def _cell(cell: Cell, address: Markup) -> str:
    if not cell.free:
        return f"<td><span>{escape(cell.text)}</span></td>"
    buttons = "".join([_button(time) for time in cell.times])
    return f'<td><a href="{address}{cell.key}#all-times">{escape(cell.text)}</a>{buttons}</td>'


def _button(time: Time) -> str:
    return f'<button name="slot" value="{time.token}" aria-label="{escape(time.in_full)}">{time.text}</button>'
