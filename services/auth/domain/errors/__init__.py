"""Every way in which auth says no, by what it is about. Reasons are those of errors.proto."""
