"""The demo's people: they sign up, keep an authenticator and prove their telephone, as everybody must."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyotp

from tools.client.people import Person
from tools.seed.notebook import new_password

if TYPE_CHECKING:
    from tools.client.edge import Edge
    from tools.demo.inbox import Inbox
    from tools.seed.notebook import Notebook


@dataclass(frozen=True, slots=True)
class Profile:
    """Someone who takes part in the demo. The numbers exist nowhere but in the sandbox."""

    role: str
    display_name: str
    phone: str
    country: str
    locale: str


FINNISH_OWNER = Profile("merchant-fi", "Aino Laine", "+358500000101", "FI", "fi-FI")
INDIAN_OWNER = Profile("merchant-in", "Rohan Sharma", "+919000000102", "IN", "en-IN")
SHOPPER = Profile("shopper", "Elina Rao", "+358500000103", "FI", "en-FI")
_MORE_OWNERS = ("Oskari Niemi", "Helmi Saarinen", "Eetu Mattila", "Siiri Lehto", "Onni Rantanen", "Venla Salo")


def finnish_owners(count: int) -> list[Profile]:
    """Return this many owners: an account owns only so many merchants."""
    more = [
        Profile(
            f"merchant-fi-{number}",
            _MORE_OWNERS[(number - 2) % len(_MORE_OWNERS)],
            f"+3585000003{number:02}",
            "FI",
            "fi-FI",
        )
        for number in range(2, count + 1)
    ]
    return [FINNISH_OWNER, *more]


def person(edge: Edge, inbox: Inbox, notebook: Notebook, profile: Profile) -> Person:
    """Return the person, signed up and with a verified telephone; what was done before is not done again."""
    known = notebook.sign_ins.get(profile.role)
    if known is None:
        password = new_password()
        someone = Person.sign_up(
            edge, phone=profile.phone, display_name=profile.display_name, password=password, locale=profile.locale
        )
        totp = pyotp.TOTP(someone.authenticator.secret)
        known = notebook.note(
            profile.role,
            display_name=profile.display_name,
            identifier=someone.account_id,
            password=password,
            totp_secret=someone.authenticator.secret,
            otpauth_uri=totp.provisioning_uri(name=profile.phone, issuer_name="Billmesh"),
            account_id=someone.account_id,
            country=profile.country,
            merchant_id="",
            store_id="",
        )
    else:
        someone = Person.from_run(edge, known)
    if known["identifier"] != profile.phone:
        someone.verify_phone(lambda: inbox.code(profile.phone))
        notebook.note(profile.role, identifier=profile.phone)
    return someone
