"""`opca_attestations`: attestations of attendance as PDFs, one for each learner and session."""

from lrs_stats import Exporter, hookimpl

from .opca_documents import ATTESTATION
from .opca_making import Documents, OneDocument


class OpcaAttestations(Documents):
    """Writes the attestations of all who are asked for, as a ZIP."""

    name = "opca_attestations"
    title = "OPCO: attestations of attendance"
    stem = "opca_attestations"
    kind = ATTESTATION


class OpcaAttestation(OneDocument):
    """Writes the attestation of one learner in one session, as a PDF."""

    name = "opca_attestation"
    title = "OPCO: attestation of attendance"
    stem = "opca_attestation"
    kind = ATTESTATION


@hookimpl
def register_exporters() -> list[type[Exporter]]:
    """Return the exporters of this file."""
    return [OpcaAttestations, OpcaAttestation]
