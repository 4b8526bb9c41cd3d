"""What loading demo data announces. Subscribers run inside its transaction."""

from __future__ import annotations

from blinker import Signal

# Sent with the session, and with authority_id and now.
appointments_loaded = Signal("Appointments were loaded in bulk: their reminders are still to be planned.")
