"""`python -m clv token ...`: tokens for the API where nobody sits at a page.

token create --name NAME --scope read --scope write    prints the secret, this once
token list                                             what there is, without secrets
token revoke ID                                        ends one at once
"""

import argparse
from collections.abc import Callable
from datetime import timedelta

from clv.store import LOCAL, access, open_store

Say = Callable[[str], None]


def add_commands(parser: argparse.ArgumentParser) -> None:
    """The commands below `token`."""
    commands = parser.add_subparsers(dest="token", required=True, metavar="COMMAND")
    create = commands.add_parser("create", help="make a token and print its secret, this once")
    create.add_argument("--name", required=True, help="what it is for, to know it again")
    create.add_argument(
        "--scope",
        action="append",
        choices=access.SCOPES,
        help="what it may do; give it twice for both (default: read)",
    )
    create.add_argument("--days", type=int, help="days until it ends (default: never)")
    show = commands.add_parser("list", help="the tokens that there are")
    revoke = commands.add_parser("revoke", help="end a token at once")
    revoke.add_argument("id", metavar="ID", help="as `token list` shows it")
    for command in (create, show, revoke):
        command.add_argument("--owner", default=LOCAL, help="whose it is, where people log in")
        command.add_argument("-q", "--quiet", action="store_true", help="no words around it")


def run(options: argparse.Namespace, say: Say) -> None:
    """Do one of them. Raises CLVError."""
    store = open_store()
    if options.token == "create":
        span = None if options.days is None else timedelta(days=options.days)
        scopes = tuple(options.scope or (access.READ,))
        token, secret = access.create(store, options.owner, options.name, scopes, span)
        say(f"Token {token.id} may {' and '.join(token.scopes)}. It is shown this once:")
        print(secret)
    elif options.token == "list":
        for token in access.listed(store, options.owner):
            state = "active" if token.active else "over"
            print(f"{token.id}  {state:<6}  {'+'.join(token.scopes):<10}  {token.name}")
    else:
        access.revoke(store, options.owner, options.id)
        say("It opens nothing any more.")
