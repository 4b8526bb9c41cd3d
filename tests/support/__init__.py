"""What the tests stand on: a database server, a browser, a live web server."""
