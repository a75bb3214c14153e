"""The one error a user can cause: everything else is a bug and keeps its traceback."""


class UserError(ValueError):
    """Input or settings that cannot be used.

    The message is one sentence that says what was found, where, what was expected and what to do.
    The command line prints it and exits with code 2.
    """
