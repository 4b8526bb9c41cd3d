"""The bytes of a file that a form has sent."""

from __future__ import annotations

from flask import request


def uploaded(name: str = "file") -> bytes:
    """The bytes of the file in this field; none when no file was chosen."""
    sent = request.files.get(name)
    if sent is None:
        return b""
    try:
        return bytes(sent.read())
    finally:
        sent.close()


def uploaded_name(name: str = "file") -> str:
    """What the file in this field is called; empty when no file was chosen."""
    sent = request.files.get(name)
    return (sent.filename or "") if sent else ""
