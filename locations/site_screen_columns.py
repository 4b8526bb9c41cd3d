"""The screens of a site for whoever comes, as columns of its row."""

from __future__ import annotations

from sqlalchemy import Boolean, false
from sqlalchemy.orm import Mapped, mapped_column


class SiteScreens:
    """Mapped columns: whether there is a kiosk, and whether the display makes a sound and reads aloud."""

    has_kiosk: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    display_sounds: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    display_speaks: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
