"""Runs a service's jobs: what services.kit.jobs enqueues. A process of its own beside the servers."""

from __future__ import annotations

import asyncio
import logging
import signal
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import procrastinate
from procrastinate.retry import BaseRetryStrategy, RetryDecision

from services.kit.failure import Failure

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from services.kit.config import Settings

_LOG = logging.getLogger(__name__)
# Seconds. A killed worker is noticed when its heart has not beaten for `_STALLED`, and its jobs run again.
_HEARTBEAT = 2.0
_STALLED = 8.0
_RECOVER_EVERY = 4.0
_POLL = 2.0
_FIRST_RETRY = timedelta(seconds=1)
_LONGEST_RETRY = timedelta(minutes=10)
_MAX_ATTEMPTS = 60
_KEEP_DONE_HOURS = 72
_DAY_SECONDS = 86_400
_OFTEN = 3.0


class _Backoff(BaseRetryStrategy):
    """Doubles the wait up to ten minutes, or waits longer if the failure says so; gives up after about nine hours."""

    def get_retry_decision(self, *, exception: BaseException, job: procrastinate.jobs.Job) -> RetryDecision | None:
        if job.attempts >= _MAX_ATTEMPTS:
            return None
        wait = min(_FIRST_RETRY * 2 ** min(job.attempts, 12), _LONGEST_RETRY)
        if isinstance(exception, Failure) and exception.retry_after is not None:
            # Never sooner: a peer that is away says "a second", and sixty of those would be all there is.
            wait = max(exception.retry_after, wait)
        return RetryDecision(retry_at=datetime.now(UTC) + wait)


class Worker:
    """Runs a service's jobs until it is told to stop; jobs of a worker that died are taken over."""

    def __init__(
        self,
        settings: Settings,
        *,
        name: str,
        tasks: Mapping[str, Callable[..., None]],
        daily: Mapping[str, Callable[[], None]] | None = None,
        often: Mapping[str, Callable[[], None]] | None = None,
        concurrency: int = 4,
        queues: Mapping[str, int] | None = None,
    ) -> None:
        """`tasks` by the names that `enqueue` uses. `daily` tasks run at the start and once a day.

        `often`: tasks that look every few seconds whether there is something to do, where a job for each change would
        be too many; every worker process runs them.

        `queues`: those besides the usual one, with how many of their jobs may run at once; they take nothing from the
        `concurrency` of the usual one.
        """
        self._connector = procrastinate.PsycopgConnector(
            conninfo=settings.database_url.get_secret_value(),
            kwargs={"application_name": f"{name}-worker", "connect_timeout": 3},
            min_size=1,
            max_size=4 + 2 * len(queues or {}),
        )
        self._app = procrastinate.App(connector=self._connector)
        self._name = name
        self._daily = daily or {}
        self._often = often or {}
        self._queues = {name: concurrency, **(queues or {})}
        for task_name, function in tasks.items():
            self._app.task(name=task_name, queue=name, retry=_Backoff())(_in_thread(task_name, function))

    def run(self) -> None:
        """Blocks until SIGTERM or SIGINT; jobs in progress are finished first."""
        asyncio.run(self._run())

    async def _run(self) -> None:
        # A thread for each job that may run, and for each chore: no queue waits for the threads of another.
        threads = ThreadPoolExecutor(sum(self._queues.values()) + 2, thread_name_prefix="job")
        asyncio.get_running_loop().set_default_executor(threads)
        async with self._app.open_async():
            chores = [asyncio.create_task(self._recover_stalled()), asyncio.create_task(self._each_day())]
            chores += [asyncio.create_task(self._every_few_seconds())] if self._often else []
            try:
                await self._serve_queues()
            finally:
                for chore in chores:
                    chore.cancel()

    async def _serve_queues(self) -> None:
        """Until a signal asks to stop, or one of the queues can no longer be served."""
        asked = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, asked.set)
        serving = [
            asyncio.create_task(
                self._app.run_worker_async(
                    queues=[queue],
                    name=f"{self._name}-{queue}",
                    concurrency=concurrency,
                    fetch_job_polling_interval=_POLL,
                    update_heartbeat_interval=_HEARTBEAT,
                    stalled_worker_timeout=_STALLED,
                    shutdown_graceful_timeout=10.0,
                    install_signal_handlers=False,
                )
            )
            for queue, concurrency in self._queues.items()
        ]
        stop = asyncio.create_task(asked.wait())
        await asyncio.wait([stop, *serving], return_when=asyncio.FIRST_COMPLETED)
        # A cancelled worker takes no new job and finishes those it has.
        for task in (stop, *serving):
            task.cancel()
        ends = await asyncio.gather(*serving, return_exceptions=True)
        for end in ends:
            if isinstance(end, Exception):
                raise end

    async def _recover_stalled(self) -> None:
        """Gives the jobs of dead workers back to the queue."""
        manager = self._app.job_manager
        while True:
            try:
                for job in await manager.get_stalled_jobs(seconds_since_heartbeat=_STALLED):
                    _LOG.warning("job recovered", extra={"task": job.task_name, "job": job.id})
                    await manager.retry_job(job)
            except Exception:  # noqa: BLE001 - a chore outlives whatever befalls one round
                _LOG.exception("stalled jobs could not be looked for")
            await asyncio.sleep(_RECOVER_EVERY)

    async def _each_day(self) -> None:
        while True:
            try:
                for function in self._daily.values():
                    await asyncio.to_thread(function)
                await self._app.job_manager.delete_old_jobs(nb_hours=_KEEP_DONE_HOURS)
            except Exception:  # noqa: BLE001 - as above
                _LOG.exception("a daily task failed")
                await asyncio.sleep(60)
                continue
            await asyncio.sleep(_DAY_SECONDS)

    async def _every_few_seconds(self) -> None:
        while True:
            for name, function in self._often.items():
                try:
                    await asyncio.to_thread(function)
                except Exception:  # noqa: BLE001 - as above
                    _LOG.exception("a frequent task failed", extra={"task": name})
            await asyncio.sleep(_OFTEN)


def _in_thread(name: str, function: Callable[..., None]) -> Callable[..., Any]:
    async def run(**arguments: Any) -> None:
        try:
            await asyncio.to_thread(function, **arguments)
        except Exception as error:
            # Arguments are ids, never personal data; the trace is the reason.
            _LOG.warning(
                "job failed", extra={"task": name, "why": type(error).__name__}, exc_info=not isinstance(error, Failure)
            )
            raise
        _LOG.info("job done", extra={"task": name})

    return run
