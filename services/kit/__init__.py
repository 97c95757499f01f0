"""What every service shares, free of business words. It never imports a service."""
