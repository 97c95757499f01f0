"""The worker as a process of its own, with the mesh answering for its peers."""

from __future__ import annotations

import base64
import os
import queue
import signal
import subprocess
import sys
from concurrent import futures
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import grpc
import protovalidate
import pytest
from billmesh.auth.v1 import member_pb2, member_service_pb2
from billmesh.billing.v1 import person_link_service_pb2, person_link_service_pb2_grpc
from billmesh.notification.v1 import message_content_pb2, message_pb2, message_service_pb2, message_service_pb2_grpc

from services.auth.convert.members import member_without_recipient
from services.auth.domain.names import Email, SignInName
from services.auth.domain.roles import Role
from services.auth.phones import parse as parse_phone
from services.auth.usecases import accounts, emails, members, passwords, phones, recovery, verifications
from services.kit import idempotency
from services.kit.ids import to_text
from tests.services.auth.people import PASSWORD, new_email
from tests.services.auth.shops import open_shop

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from google.protobuf.message import Message

    from services.auth.config import AuthSettings
    from services.auth.usecases.deps import Deps
    from tests.harness import Authority
    from tests.services.auth.people import People

_WAIT = 30


class Peers(message_service_pb2_grpc.MessageServiceServicer, person_link_service_pb2_grpc.PersonLinkServiceServicer):
    """notification and billing: they take what the contract allows, and remember it."""

    def __init__(self) -> None:
        self.asked: queue.Queue[Any] = queue.Queue()
        self._validator = protovalidate.Validator()

    def SendMessage(
        self, request: message_service_pb2.SendMessageRequest, context: grpc.ServicerContext
    ) -> message_pb2.Message:
        self._take(request)
        return message_pb2.Message()

    def GetMessage(
        self, request: message_service_pb2.GetMessageRequest, context: grpc.ServicerContext
    ) -> message_pb2.Message:
        raise NotImplementedError

    def ListMessages(
        self, request: message_service_pb2.ListMessagesRequest, context: grpc.ServicerContext
    ) -> message_service_pb2.ListMessagesResponse:
        raise NotImplementedError

    def NotifyMerchant(
        self, request: message_service_pb2.NotifyMerchantRequest, context: grpc.ServicerContext
    ) -> message_service_pb2.NotifyMerchantResponse:
        raise NotImplementedError

    def LinkPhone(
        self, request: person_link_service_pb2.LinkPhoneRequest, context: grpc.ServicerContext
    ) -> person_link_service_pb2.LinkPhoneResponse:
        self._take(request)
        return person_link_service_pb2.LinkPhoneResponse()

    def _take(self, request: Message) -> None:
        violations = self._validator.collect_violations(request)
        self.asked.put(violations or request)

    def next(self) -> Any:
        """What was asked for next, in any order between jobs."""
        return self.asked.get(timeout=_WAIT)


@pytest.fixture
def peers(authority: Authority) -> Iterator[tuple[Peers, int]]:
    """Them, and the port of the mesh in front of them."""
    served = Peers()
    folder: Path = authority.leaf("mesh")
    server = grpc.server(futures.ThreadPoolExecutor(2))
    message_service_pb2_grpc.add_MessageServiceServicer_to_server(served, server)
    person_link_service_pb2_grpc.add_PersonLinkServiceServicer_to_server(served, server)
    credentials = grpc.ssl_server_credentials(
        [((folder / "key.pem").read_bytes(), (folder / "cert.pem").read_bytes())],
        root_certificates=(folder / "ca.pem").read_bytes(),
        require_client_auth=True,
    )
    port = server.add_secure_port("127.0.0.1:0", credentials)
    server.start()
    yield served, port
    server.stop(None).wait()


@pytest.fixture
def worker(settings: AuthSettings, deps: Deps, peers: tuple[Peers, int]) -> Iterator[subprocess.Popen[bytes]]:
    """`python -m services.auth.worker`, told to stop at the end. What other tests left to be done is not."""
    with deps.db.transaction() as tx:
        tx.exec_driver_sql("DELETE FROM procrastinate_jobs")
    environment = {
        **os.environ,
        "BILLMESH_DATABASE_URL": settings.database_url.get_secret_value(),
        "BILLMESH_MESH_ADDRESS": f"127.0.0.1:{peers[1]}",
        "BILLMESH_TLS_DIR": str(settings.tls_dir),
        "BILLMESH_PUBLIC_URL": settings.public_url,
        "BILLMESH_MASTER_KEYS": settings.master_keys.get_secret_value(),
        "BILLMESH_INDEX_KEY": base64.b64encode(settings.index_key).decode(),
    }
    process = subprocess.Popen([sys.executable, "-m", "services.auth.worker"], env=environment)
    yield process
    process.send_signal(signal.SIGTERM)
    assert process.wait(_WAIT) == 0


@pytest.mark.usefixtures("worker")
def test_every_job_reaches_its_peer(people: People, deps: Deps, peers: tuple[Peers, int]) -> None:
    owner = people.sign_up()
    started = phones.start_verification(deps, account_id=owner.account_id, phone=None)
    code = verifications.code_of(deps.vault, started)
    sent = _until(peers[0], lambda asked: asked.phone == owner.phone.e164)
    assert sent.phone_verification.code == code
    assert sent.merchant_id == ""
    phones.confirm_phone(deps, account_id=owner.account_id, code=code)
    linked = _until(peers[0], lambda asked: isinstance(asked, person_link_service_pb2.LinkPhoneRequest))
    assert (linked.account_id, linked.phone) == (to_text("acc", owner.account_id), owner.phone.e164)
    people.start(owner.phone)
    told = _until(peers[0], lambda asked: asked.phone == owner.phone.e164)
    assert told.sign_up_attempt.link == "https://edge.test/sign-in"
    shop = open_shop(deps, owner)
    request = member_service_pb2.InviteMemberRequest(phone="+919845099999", request_id=str(uuid4()))
    members.invite_member(
        deps,
        once=idempotency.once(request, member_pb2.Member, member_without_recipient, owner=shop),
        merchant_id=shop,
        account_id=owner.account_id,
        recipient=parse_phone(request.phone, field="phone"),
        role=Role.CASHIER,
    )
    invited = _until(peers[0], lambda asked: asked.phone == request.phone)
    assert invited.merchant_id == to_text("mer", shop)
    assert invited.member_invited.merchant_name == "Corner Shop"
    email = new_email()
    accounts.update_me(deps, account_id=owner.account_id, etag_revision=None, changes={"email": email})
    code = verifications.code_of(deps.vault, emails.start_verification(deps, account_id=owner.account_id))
    assert _until(peers[0], lambda asked: asked.email == email).email_verification.code == code
    emails.confirm_email(deps, account_id=owner.account_id, code=code)
    recovery.start_recovery(deps, name=SignInName(email=Email(email)))
    recovering = _until(peers[0], lambda asked: asked.email == email and asked.recovery_code.code)
    assert len(recovering.recovery_code.code) == 6
    passwords.change_password(
        deps, account_id=owner.account_id, session_id=None, current=PASSWORD, new="another long secret"
    )
    changed = message_content_pb2.SECURITY_EVENT_PASSWORD_CHANGED
    for place in ("phone", "email"):
        notice = _until(
            peers[0], lambda asked, place=place: getattr(asked, place) and asked.security_notice.event == changed
        )
        assert getattr(notice, place) in {owner.phone.e164, email}
        assert notice.security_notice.link == "https://edge.test/account/security"


def _until(peers: Peers, wanted: Any) -> Any:
    """The first request that is wanted."""
    while True:
        asked = peers.next()
        assert not isinstance(asked, list), asked
        if wanted(asked):
            return asked
