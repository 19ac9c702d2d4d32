import sqlite3

import click
from flask import current_app, g


def connection():
    if "connection" not in g:
        g.connection = sqlite3.connect(current_app.config["DATABASE"])
    return g.connection


def close(error=None):
    opened = g.pop("connection", None)
    if opened is not None:
        opened.close()


@click.command("init-db")
def init_db_command():
    """Drops what there is and makes the tables anew."""
    with current_app.open_resource("schema.sql") as file:
        connection().executescript(file.read().decode())
    click.echo("the tables are made")


def init_app(app):
    app.teardown_appcontext(close)
    app.cli.add_command(init_db_command)
