"""The adapter that a service speaks with."""

from pathlib import Path

from app.errors import AdapterUnavailable, ModelUnavailable
from app.language_models.adapters import Adapter
from app.language_models.local import EngineState, LocalEngine
from app.observability import get_logger

_log = get_logger("adapter")


class AdapterSlot:
    """Holds at most one adapter of `engine`. A new one that is refused leaves the one in use where it is."""

    def __init__(self, engine: LocalEngine) -> None:
        self._engine = engine
        self._adapter: Adapter | None = None
        self._problem = AdapterUnavailable("No adapter is loaded yet.", [{"reason": "loading"}])

    @property
    def problem(self) -> AdapterUnavailable | None:
        """Why there is no adapter to speak with; None while there is one."""
        if self._engine.state is not EngineState.READY:
            state = self._engine.state.value
            return AdapterUnavailable(f"The local model is {state}.", [{"field": "base_model", "problem": state}])
        return None if self._adapter is not None else self._problem

    def current(self) -> Adapter | None:
        return self._adapter

    async def load(self, directory: Path) -> None:
        """Use the adapter in `directory` from here on. Raises `AdapterUnavailable` naming what is wrong with it."""
        try:
            self._adapter = await self._engine.load_adapter(directory)
        except AdapterUnavailable as error:
            self._problem = error
            raise

    async def load_first(self, directory: Path) -> None:
        """`load` once the model is there; what is wrong is logged and told to whoever asks for the adapter."""
        await self._engine.ready()
        try:
            await self.load(directory)
        except (AdapterUnavailable, ModelUnavailable) as error:
            _log.warning("no_adapter", reason=error.message)
        except Exception as error:  # noqa: BLE001 - libraries fail in any way; the service goes on without the adapter
            _log.error("no_adapter", error_type=type(error).__name__, exc_info=error)
            self._problem = AdapterUnavailable(
                f"The adapter {directory.name} could not be loaded.",
                [{"field": "adapter_path", "problem": type(error).__name__, "fix": "see the log; train it again"}],
            )
