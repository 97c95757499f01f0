"""A stand-in for Twilio's Programmable Messaging, and for a mail server, on this machine.

It speaks the API that the `twilio` SDK speaks, keeps what it was given on disk, moves messages from queued to
delivered, reports each step by a signed callback, and shows what telephones and mailboxes received on a page. Faults
are made on demand.
"""
