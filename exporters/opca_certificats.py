"""`opca_certificats`: certificates of completion as PDFs, one for each learner and session."""

from lrs_stats import Exporter, hookimpl

from .opca_documents import CERTIFICATE
from .opca_making import Documents, OneDocument


class OpcaCertificats(Documents):
    """Writes the certificates of all who are asked for, as a ZIP."""

    name = "opca_certificats"
    title = "OPCO: certificates of completion"
    stem = "opca_certificats"
    kind = CERTIFICATE


class OpcaCertificat(OneDocument):
    """Writes the certificate of one learner in one session, as a PDF."""

    name = "opca_certificat"
    title = "OPCO: certificate of completion"
    stem = "opca_certificat"
    kind = CERTIFICATE


@hookimpl
def register_exporters() -> list[type[Exporter]]:
    """Return the exporters of this file."""
    return [OpcaCertificats, OpcaCertificat]
