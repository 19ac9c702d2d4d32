import time


def broken(app, caplog):
    """Health of this app, which must be bad, said at once, and explained in the log alone."""
    started = time.monotonic()
    answer = app.test_client().get("/healthz")
    assert time.monotonic() - started < 1
    assert (answer.status_code, answer.text) == (503, "database unavailable\n")
    assert "not healthy" in caplog.text


def test_healthy(visitor):
    answer = visitor.get("/healthz")
    assert (answer.status_code, answer.text) == (200, "ok\n")
    assert "Set-Cookie" not in answer.headers


def test_database_that_was_never_migrated(unmigrated, caplog):
    broken(unmigrated, caplog)


def test_database_that_is_no_database(unmigrated, tmp_path, caplog):
    (tmp_path / "links.db").write_bytes(b"this is not a database" * 1000)
    broken(unmigrated, caplog)


def test_database_whose_folder_went_away(app, tmp_path, caplog):
    app.extensions["engine"].dispose()
    tmp_path.rename(f"{tmp_path}-gone")
    broken(app, caplog)
