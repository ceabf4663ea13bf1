"""Sen: a one-stop with a JSON API. Answers are wrapped and always come with status 200; news go out as webhooks."""
