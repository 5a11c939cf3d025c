"""Which lines a status takes out: those of orders for which no money was kept."""

from typing import Final

import ibis
import ibis.expr.types as ir

from clv import schema
from clv.intake.mapping import Mapping

# A status that starts like this means that no money was kept (several languages).
FAILED: Final = (
    r"^(?:refund )?(?:fail|declin|denied|reject|expired|abgelehnt|fehlgeschlagen|[ée]chou[ée])"
)
CANCELLED: Final = (
    r"^(?:wc-|order |payment |fully )?(?:cancel|void|storn|annul|anul|refunded$|failed|declined"
    r"|denied|reversed|reject|expired|chargeback|charged back|trash$|abgelehnt|fehlgeschlagen"
    r"|erstattet$|r(?:ü|ue)ckerstattet|rembours[ée]|[ée]chou[ée]|reembolsad|geannuleerd)"
)


def with_cancelled(lines: ir.Table, mapping: Mapping) -> ir.Table:
    """Adds cancelled: what the status of the line says, or that of all that its order sold.

    The refund line of a cancelled order goes with it, or it would be subtracted twice. A refund
    whose own status says 'refunded' or 'cancelled' took money back; one that failed did not.
    """
    if mapping.column(schema.STATUS) is None:
        return lines.mutate(cancelled=ibis.literal(False))
    status = lines.order_status.lower().strip()
    said = status.re_search(CANCELLED).fill_null(False)
    failed = status.re_search(FAILED).fill_null(False)
    own = lines.is_refund.ifelse(failed, said)
    if mapping.column(schema.ORDER_ID) is None:
        return lines.mutate(cancelled=own)
    lines = lines.mutate(cancelled=own, said=said)
    sold = lines.filter(~lines.is_refund, lines.order_status.notnull())
    void = (
        sold.group_by(void_of=sold.customer_id, void=sold.order_id).having(sold.said.all())
    ).aggregate()
    same = [lines.customer_id == void.void_of, lines.order_id == void.void]
    joined = lines.left_join(void, same)
    goes = joined.void.notnull() & (joined.is_refund | joined.order_status.isnull())
    return joined.mutate(cancelled=joined.cancelled | goes).drop("void_of", "void", "said")
