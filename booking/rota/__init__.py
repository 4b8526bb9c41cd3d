"""Who works where: from the bytes of a CSV file or a calendar to changed sessions. docs/rota-file.md."""
