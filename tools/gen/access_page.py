"""docs/access.md: who may call what, from the access options of the contract and the scopes of the roles."""

from collections.abc import Iterable
from dataclasses import dataclass

from billmesh.options.v1 import access_pb2
from google.protobuf.descriptor_pb2 import FileDescriptorSet

from services.auth.domain.roles import MERCHANT_SCOPES, PARTNER_SCOPES, PERSON_SCOPES, ROLE_SCOPES
from services.kit.access import max_auth_age
from tools import contract
from tools.contract import Method

_AUDIENCES = {
    access_pb2.AUDIENCE_PUBLIC: "anyone",
    access_pb2.AUDIENCE_PERSON: "person",
    access_pb2.AUDIENCE_MERCHANT: "merchant",
    access_pb2.AUDIENCE_MESH: "mesh",
}
_INTRODUCTION = """\
<!-- Made by `make gen` from the access option of each method and from services/auth/domain/roles.py. -->

# Access

Who may call what. A token carries scopes; a method asks for an audience and for scopes, all of which the token must
carry. The tables say, for a token with every scope that its holder can have, whether it is let in. What it then finds
is its own merchant's or person's alone.

| caller | what it is |
| --- | --- |
| owner, manager, cashier, accountant, viewer | a member of a merchant, with a token for that merchant |
| person | anybody signed in, with a token for themselves |
| client | a merchant's API client, acting without a person |
| anyone | no token |

"Sign-in" is what a person must have done: two factors at some time in the session, or both within the time given; a
client has never signed in, so it is let in only where no time is. "Mesh" are the services that may call it from within.
Support staff who act for somebody see what that person sees where the method only reads, and change nothing.
"""


@dataclass(frozen=True, slots=True)
class Caller:
    """A kind of caller from outside, with every scope that one can have."""

    name: str
    # None: without a token.
    audience: "access_pb2.Audience.ValueType | None"
    scopes: frozenset[str]
    is_person: bool = True

    def may_call(self, method: Method) -> bool:
        """Whether `method` lets it in, just signed in if it is a person."""
        if method.is_public:
            return True
        access = method.access
        if access.audience != self.audience or not self.scopes.issuperset(access.scopes):
            return False
        return self.is_person or max_auth_age(access) is None


CALLERS = (
    *(Caller(role.value, access_pb2.AUDIENCE_MERCHANT, scopes) for role, scopes in ROLE_SCOPES.items()),
    Caller("person", access_pb2.AUDIENCE_PERSON, PERSON_SCOPES),
    Caller("client", access_pb2.AUDIENCE_MERCHANT, MERCHANT_SCOPES & PARTNER_SCOPES, is_person=False),
    Caller("anyone", None, frozenset()),
)
COLUMNS = ("method", "HTTP", "for", "scopes", "sign-in", "mesh", *(caller.name for caller in CALLERS))


def access_page(descriptors: FileDescriptorSet) -> str:
    """The page, Markdown."""
    methods = contract.methods(descriptors)
    owners = sorted({method.owner for method in methods})
    sections = [_section(owner, (method for method in methods if method.owner == owner)) for owner in owners]
    return "\n".join([_INTRODUCTION, *sections])


def _section(owner: str, methods: Iterable[Method]) -> str:
    head = [f"## {owner}", "", _line(COLUMNS), _line("---" for _ in COLUMNS)]
    return "\n".join([*head, *(_line(_row(method)) for method in methods), ""])


def _row(method: Method) -> list[str]:
    access = method.access
    routes = (f"`{binding.verb} {binding.template}`" for binding in method.bindings)
    return [
        f"`{method.path.removeprefix('/billmesh.')}`",
        "<br>".join(routes) or "-",
        _AUDIENCES[access.audience],
        " ".join(f"`{scope}`" for scope in access.scopes) or "-",
        _sign_in(access),
        " ".join(sorted(access.mesh_callers)) or "-",
        *("yes" if caller.may_call(method) else "no" for caller in CALLERS),
    ]


def _sign_in(access: access_pb2.Access) -> str:
    age = max_auth_age(access)
    if age is not None:
        seconds = int(age.total_seconds())
        return f"{seconds // 60} min" if seconds % 60 == 0 else f"{seconds} s"
    return "two factors" if access.scopes else "-"


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
