"""What this service needs from outside: the SMS provider, and a memory shared by replicas."""
