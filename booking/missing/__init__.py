"""Documents that were missing at the counter, so that somebody was turned away: counted, by service and document."""
