"""A stand-in for Twilio's Programmable Messaging on this machine.

It speaks the API that the `twilio` SDK speaks, keeps what it was given on disk, moves messages from queued to
delivered, reports each step by a signed callback, and shows what the telephones received on a page. Faults are made on
demand.
"""
