"""The record: who called which vendor function, with what, who allowed it, what came of it.

``Recorder.open_record`` is the stage. Events are masked before they are rendered, durable before the call goes on,
and chained by hashes that ``verify`` checks.
"""

from vendorgate.audit.errors import AuditRefused
from vendorgate.audit.log import (
    Checkpoint,
    EventLog,
    Head,
    LogUnavailable,
    OpenCall,
    RecordReader,
    StoredBatch,
)
from vendorgate.audit.masker import RecordMasker
from vendorgate.audit.record import Record
from vendorgate.audit.recorder import Recorder
from vendorgate.audit.verify import Broken, Report, verify
from vendorgate.audit.view import view_call

__all__ = [
    "AuditRefused",
    "Broken",
    "Checkpoint",
    "EventLog",
    "Head",
    "LogUnavailable",
    "OpenCall",
    "Record",
    "RecordMasker",
    "RecordReader",
    "Recorder",
    "Report",
    "StoredBatch",
    "verify",
    "view_call",
]
