// The plugin that pulumi_openstack talks to, for machines that cannot fetch the official one: the same Terraform
// provider over the same bridge, with no more than the resources of infra/program.
package main

import (
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	shimv2 "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v2"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/terraform-provider-openstack/terraform-provider-openstack/v3/openstack"
)

// Of pulumi_openstack, whose schema the names below follow; held against requirements/run.txt by a test.
const version = "5.5.3"

var resources = map[string]string{
	"openstack_blockstorage_volume_v3":             "blockstorage/volume:Volume",
	"openstack_compute_instance_v2":                "compute/instance:Instance",
	"openstack_compute_keypair_v2":                 "compute/keypair:Keypair",
	"openstack_compute_servergroup_v2":             "compute/serverGroup:ServerGroup",
	"openstack_identity_application_credential_v3": "identity/applicationCredential:ApplicationCredential",
	"openstack_lb_listener_v2":                     "loadbalancer/listener:Listener",
	"openstack_lb_loadbalancer_v2":                 "loadbalancer/loadBalancer:LoadBalancer",
	"openstack_lb_member_v2":                       "loadbalancer/member:Member",
	"openstack_lb_monitor_v2":                      "loadbalancer/monitor:Monitor",
	"openstack_lb_pool_v2":                         "loadbalancer/pool:Pool",
	"openstack_networking_floatingip_associate_v2": "networking/floatingIpAssociate:FloatingIpAssociate",
	"openstack_networking_floatingip_v2":           "networking/floatingIp:FloatingIp",
	"openstack_networking_network_v2":              "networking/network:Network",
	"openstack_networking_port_v2":                 "networking/port:Port",
	"openstack_networking_router_interface_v2":     "networking/routerInterface:RouterInterface",
	"openstack_networking_router_v2":               "networking/router:Router",
	"openstack_networking_secgroup_rule_v2":        "networking/secGroupRule:SecGroupRule",
	"openstack_networking_secgroup_v2":             "networking/secGroup:SecGroup",
	"openstack_networking_subnet_v2":               "networking/subnet:Subnet",
	"openstack_objectstorage_container_v1":         "objectstorage/container:Container",
}

func main() {
	info := tfbridge.ProviderInfo{
		P:                       shimv2.NewProvider(openstack.Provider()),
		Name:                    "openstack",
		Version:                 version,
		TFProviderModuleVersion: "v3",
		MetadataInfo:            tfbridge.NewProviderMetadata([]byte("{}")),
		Resources:               map[string]*tfbridge.ResourceInfo{},
		DataSources: map[string]*tfbridge.DataSourceInfo{
			"openstack_networking_network_v2": {Tok: tokens.ModuleMember("openstack:networking/getNetwork:getNetwork")},
		},
	}
	for name, token := range resources {
		info.Resources[name] = &tfbridge.ResourceInfo{Tok: tokens.Type("openstack:" + token)}
	}
	info.SetAutonaming(255, "-") // as the official plugin does: a resource without a name gets one from its Pulumi name
	tfbridge.Main("openstack", version, info, []byte(`{"name":"openstack","version":"`+version+`"}`))
}
