"""The rules of places and trips. Pure: no network, no database, no clock."""
