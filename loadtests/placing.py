"""Where Locust places users: one of every crowd on every worker, whatever number of users is asked for.

Locust deals users round the workers one by one, which can leave a worker without some crowd; a shard of the plan needs
all of them. And when a worker is lost nobody takes its place: its journeys are lost with it, and the journal says so.
"""

from __future__ import annotations

from locust.dispatch import UsersDispatcher


class OneOfEachEverywhere(UsersDispatcher):
    """Dispatcher that knows one distribution only."""

    def _add_users_on_workers(self) -> dict[str, dict[str, int]]:
        names = [user.__name__ for user in self._user_classes]
        for worker in self._worker_nodes:
            self._users_on_workers[worker.id] = dict.fromkeys(names, 1)
        self._active_users = [(worker, name) for worker in self._worker_nodes for name in names]
        self._current_user_count = self._target_user_count
        return self._users_on_workers

    def _prepare_rebalance(self) -> None:
        """Leave the others as they are when a worker comes or goes."""
