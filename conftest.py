"""The autograder's pytest plugin, so that `pytest autograder/checks/...` works by itself."""

pytest_plugins = ["autograder.plugin"]
