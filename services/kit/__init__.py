"""What every service needs and none should write twice: settings, clock, outbox, calls, errors."""
