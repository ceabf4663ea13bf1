"""Object storage: one container for backups, elsewhere where it can be; one for attachments a body. None is public."""

from __future__ import annotations

import pulumi

from infra.program.cloud import identity, objectstorage
from infra.program.layout import Layout


class ObjectStore(pulumi.ComponentResource):
    """Containers, and the credential with which the database server uploads its backups."""

    backups: pulumi.Output[str]
    credential: identity.ApplicationCredential

    def __init__(self, name: str, layout: Layout, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make a container for backups and one for attachments for the province and for each body."""
        super().__init__("tinhmau:infra:ObjectStore", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        stack = pulumi.get_stack()
        backups = objectstorage.Container(
            f"{name}-backups",
            name=f"{stack}-backups",
            region=layout.settings.backup_region or None,
            versioning=True,  # what an intruder on the server overwrites can still be had
            opts=child,
        )
        for owner in ("", *(body.id for body in layout.settings.bodies)):
            suffix = f"-{owner}" if owner else ""
            objectstorage.Container(
                f"{name}-attachments{suffix}", name=f"{stack}-attachments{suffix}", versioning=True, opts=child
            )
        self.credential = identity.ApplicationCredential(
            f"{name}-uploader",
            name=f"{stack}-uploader",
            description="tinhmau: uploads backups",
            unrestricted=False,  # it cannot make further credentials
            opts=pulumi.ResourceOptions(parent=self, additional_secret_outputs=["secret"]),
        )
        self.backups = backups.name
        self.register_outputs({"backups": self.backups})
