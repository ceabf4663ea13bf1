"""A Pulumi provider plugin over the Docker SDK: networks, volumes, images and containers, with refresh and repair."""

NAME = "tinhmaudocker"  #: of the package and, after `pulumi-resource-`, of the executable
