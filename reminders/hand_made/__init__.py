"""What staff make and send in a form that we cannot write in: easy read, braille, audio."""
