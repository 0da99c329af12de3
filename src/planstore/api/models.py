"""Trained models of a store, as methods of the store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planstore.api.access import StoreAccess
from planstore.checks.arguments import checked
from planstore.runs.lookup import RunName

if TYPE_CHECKING:
    from planstore.models.model import Model


class ModelAccess:
    """The part of :class:`~planstore.Store` that finds trained models.

    Attributes:
        access: the ledger and its sessions.
    """

    access: StoreAccess

    @checked
    def model(
        self, name: str, symbol: str | None = None, *, plan: RunName | None = None, allow_pickle: bool = False
    ) -> Model:
        """Return the model of a job, or the one that predicts for a target or pair, as trained.

        A pair is predicted by its own job, or by the cross-sectional job of its target where it is routed to that.

        Args:
            name: id of a job; or a target.
            symbol: the symbol of the pair; None means the job, or the cross-sectional model of the target.
            plan: a run, named as in :meth:`Store.plan <planstore.Store.plan>`; None means the current plan.
            allow_pickle: load models that are pickles, which can run code from the file: for stores that you trust.

        Raises:
            NotFoundError: the plan has no such job or pair, or its job has not succeeded.
            RequestError: a model is a pickle, and pickles are not allowed.
        """
        from planstore.models.model import find_model

        session, artifacts = self.access.session, self.access.ledger.artifacts
        return find_model(session, artifacts, self.access.plan_id(plan), name, symbol, allow_pickle=allow_pickle)
