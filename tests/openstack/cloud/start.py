"""Inside the container: `prepare` makes the databases' tables while the image is built, `run` starts the cloud.

The orders of `run` come as JSON in CLOUD_ORDERS: ports, passwords (made by whoever starts it, none is kept), the image
and sizes that the cloud offers. Databases are reached through a socket inside the container only; the message broker
listens on the container's own loopback. When everything answers, /run/cloud-ready is written.
"""

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from configparser import ConfigParser
from pathlib import Path

LOGS = Path("/var/log/cloud")
READY = Path("/run/cloud-ready")
SOCKET = "/run/mysqld/mysqld.sock"
DATABASES = (
    "keystone", "placement", "glance", "nova_api", "nova_cell0", "nova", "neutron", "cinder", "octavia",
)  # fmt: skip
SERVICES = ("keystone", "placement", "glance", "nova", "neutron", "cinder", "octavia")
HOSTS = ("compute-1", "compute-2")  #: two, so that replicas can be apart
REGION = "RegionOne"
#: of Nova's quotas
UNLIMITED = (
    "instances", "cores", "ram", "server_groups", "server_group_members", "key_pairs", "metadata_items",
)  # fmt: skip
PARTS = {}  #: name → process, of everything that has to stay


def database(name):
    return f"mysql+pymysql://root@localhost/{name}?charset=utf8&unix_socket={SOCKET}"


def configure(ports, secrets):
    """Write every service's configuration; `prepare` has no ports and passwords yet, and needs none."""
    here = {name: f"http://127.0.0.1:{ports.get(name, 0)}" for name in SERVICES}
    broker = f"rabbit://openstack:{secrets.get('broker', '')}@127.0.0.1:5672/"

    def sign_in(service, **more):
        return {
            "auth_url": f"{here['keystone']}/v3", "auth_type": "password", "username": service,
            "password": secrets.get(service, ""), "project_name": "service", "user_domain_name": "Default",
            "project_domain_name": "Default", "region_name": REGION, **more,
        }  # fmt: skip

    def checks(service):
        return sign_in(service, www_authenticate_uri=f"{here['keystone']}/v3", service_token_roles_required="true")

    common = {"transport_url": broker, "log_dir": str(LOGS), "use_stderr": "false"}
    few = {"max_pool_size": "5", "max_overflow": "30"}
    write("/etc/keystone/keystone.conf", {
        "DEFAULT": {"log_dir": str(LOGS)},
        "database": {"connection": database("keystone"), **few},
        "token": {"provider": "fernet"},
    })  # fmt: skip
    write("/etc/placement/placement.conf", {
        "DEFAULT": {"log_dir": str(LOGS)},
        "api": {"auth_strategy": "keystone"},
        "placement_database": {"connection": database("placement"), **few},
        "keystone_authtoken": checks("placement"),
    })  # fmt: skip
    write("/etc/glance/glance-api.conf", {
        "DEFAULT": {"log_dir": str(LOGS), "enabled_backends": "files:file"},
        "database": {"connection": database("glance"), **few},
        "keystone_authtoken": checks("glance"),
        "paste_deploy": {"flavor": "keystone", "config_file": "/usr/share/glance-common/glance-api-paste.ini"},
        "glance_store": {"default_backend": "files"},
        "files": {"filesystem_store_datadir": "/var/lib/glance/images"},
    })  # fmt: skip
    nova = {
        "DEFAULT": {**common, "compute_driver": "fake.FakeDriver", "my_ip": "127.0.0.1", "state_path": "/var/lib/nova",
                    "ram_allocation_ratio": "1.0", "allow_resize_to_same_host": "true"},
        "api": {"auth_strategy": "keystone"},
        "api_database": {"connection": database("nova_api"), **few},
        "database": {"connection": database("nova"), **few},
        "keystone_authtoken": checks("nova"),
        "service_user": sign_in("nova", send_service_user_token="true"),
        "placement": sign_in("placement"),
        "neutron": sign_in("neutron", valid_interfaces="internal"),
        "glance": {"api_servers": here["glance"]},
        "cinder": sign_in("cinder", valid_interfaces="internal", os_region_name=REGION),
        "quota": dict.fromkeys(UNLIMITED, "-1"),
        "wsgi": {"api_paste_config": "/usr/share/nova-common/api-paste.ini"},
        "oslo_concurrency": {"lock_path": "/var/lock/nova"},
        "conductor": {"workers": "1"}, "scheduler": {"workers": "1"},
        "filter_scheduler": {"enabled_filters": "ComputeFilter,ComputeCapabilitiesFilter,ImagePropertiesFilter,"
                             "ServerGroupAntiAffinityFilter,ServerGroupAffinityFilter"},
    }  # fmt: skip
    write("/etc/nova/nova.conf", nova)
    for host in HOSTS:
        write(f"/etc/nova/{host}.conf", {**nova, "DEFAULT": {**nova["DEFAULT"], "host": host,
              "state_path": f"/var/lib/nova/{host}"}})  # fmt: skip
    write("/etc/neutron/neutron.conf", {
        "DEFAULT": {**common, "core_plugin": "ml2", "service_plugins": "router", "auth_strategy": "keystone",
                    "bind_port": str(ports.get("neutron", 0)), "bind_host": "0.0.0.0", "api_workers": "2",
                    "rpc_workers": "0", "rpc_state_report_workers": "0", "dhcp_agent_notification": "false",
                    "notify_nova_on_port_status_changes": "false", "notify_nova_on_port_data_changes": "false",
                    "api_paste_config": "/usr/share/neutron-common/api-paste.ini"},
        "database": {"connection": database("neutron"), **few},
        "keystone_authtoken": checks("neutron"),
        "quotas": {f"quota_{name}": "-1" for name in (
            "network", "subnet", "port", "router", "floatingip", "security_group", "security_group_rule")},
        "oslo_concurrency": {"lock_path": "/var/lock/neutron"},
        "ml2": {"type_drivers": "local,flat", "tenant_network_types": "local", "mechanism_drivers": "bind_everything",
                "extension_drivers": "port_security", "external_network_type": "flat"},
        "ml2_type_flat": {"flat_networks": "*"},
    })  # fmt: skip
    write("/etc/cinder/cinder.conf", {
        "DEFAULT": {**common, "auth_strategy": "keystone", "enabled_backends": "paper", "default_volume_type": "paper",
                    "glance_api_servers": here["glance"], "state_path": "/var/lib/cinder", "my_ip": "127.0.0.1",
                    "api_paste_config": "/usr/share/cinder-common/api-paste.ini", "quota_volumes": "-1",
                    "quota_gigabytes": "-1", "per_volume_size_limit": "-1"},
        "paper": {"volume_driver": "cloud_volumes.VolumesOnPaper", "volume_backend_name": "paper"},
        "database": {"connection": database("cinder"), **few},
        "keystone_authtoken": checks("cinder"),
        "service_user": sign_in("cinder", send_service_user_token="true"),
        "nova": sign_in("nova", interface="internal"),
        "oslo_concurrency": {"lock_path": "/var/lock/cinder"},
    })  # fmt: skip
    certificates = {
        "ca_certificate": "/etc/octavia/ca.pem", "ca_private_key": "/etc/octavia/ca.key",
        "server_certs_key_passphrase": secrets.get("octavia_certificates", "")[:32],
        "cert_generator": "local_cert_generator", "cert_manager": "local_cert_manager",
    }  # fmt: skip
    write("/etc/octavia/octavia.conf", {
        "DEFAULT": common,
        "api_settings": {"auth_strategy": "keystone", "api_base_uri": here["octavia"],
                         "enabled_provider_drivers": "amphora:a balancer that carries nothing",
                         "default_provider_driver": "amphora"},
        "database": {"connection": database("octavia"), **few},
        "keystone_authtoken": checks("octavia"),
        "service_auth": sign_in("octavia"),
        "neutron": {"endpoint_type": "internalURL", "region_name": REGION},
        "oslo_messaging": {"topic": "octavia_prov"},
        "certificates": certificates,
        "controller_worker": {"amphora_driver": "amphora_noop_driver", "compute_driver": "compute_noop_driver",
                              "network_driver": "allowed_address_pairs_driver", "image_driver": "image_noop_driver",
                              "volume_driver": "volume_noop_driver", "client_ca": "/etc/octavia/ca.pem",
                              "amp_flavor_id": "1", "amp_boot_network_list": "1", "workers": "1",
                              "loadbalancer_topology": "SINGLE"},
        "health_manager": {"heartbeat_key": secrets.get("octavia_heartbeat", "")},
    })  # fmt: skip
    # The API looks at networks with Octavia's own driver; the worker has no machines to plug in.
    write("/etc/octavia/worker.conf", {"controller_worker": {"network_driver": "vip_in_neutron"}})


def write(path, sections):
    parser = ConfigParser(interpolation=None)
    parser.optionxform = str
    parser.read_dict(sections)
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    with Path(path).open("w") as file:
        parser.write(file)


def say(*command, **options):
    """Run one command to its end; what it says goes to a log that is shown when it fails."""
    done = subprocess.run(command, check=False, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options)
    if done.returncode:
        sys.exit(f"{' '.join(command)}\n{done.stdout[-4000:]}")
    return done.stdout


def until(what, answers, seconds=300):
    """Wait for something that tells of itself only when asked."""
    deadline = time.monotonic() + seconds
    while not answers():
        dead()
        if time.monotonic() > deadline:
            sys.exit(f"{what} does not answer after {seconds} s")
        time.sleep(0.5)


def dead():
    """End with what it said last, when a part has ended."""
    for name, part in PARTS.items():
        if part.poll() is not None:
            said = "".join(path.read_text(errors="replace")[-3000:] for path in sorted(LOGS.glob(f"{name}.*")))
            sys.exit(f"{name} ended with {part.returncode}:\n{said}")


def start_database():
    for folder in ("/run/mysqld", str(LOGS)):
        Path(folder).mkdir(parents=True, exist_ok=True)
    shutil.chown("/run/mysqld", "mysql", "mysql")
    # Nobody but this container's own processes reaches the socket, so there are no passwords to keep.
    process = subprocess.Popen(
        ["mariadbd", "--user=mysql", "--skip-networking", "--skip-grant-tables", f"--socket={SOCKET}",
         "--innodb-flush-log-at-trx-commit=0", "--sync-binlog=0", "--max-connections=2000"],
        stdout=(LOGS / "mariadb.log").open("w"), stderr=subprocess.STDOUT,
    )  # fmt: skip
    ping = ("mariadb-admin", f"--socket={SOCKET}", "ping")
    until("MariaDB", lambda: subprocess.run(ping, check=False, capture_output=True).returncode == 0)
    return process


def prepare():
    """Make all tables."""
    say("mariadb-install-db", "--user=mysql", "--skip-test-db")
    process = start_database()
    for name in DATABASES:
        say("mariadb", f"--socket={SOCKET}", "-e", f"CREATE DATABASE {name} CHARACTER SET utf8")
    configure({}, {})
    Path("/var/lib/glance/images").mkdir(parents=True, exist_ok=True)
    jobs = (
        (("keystone-manage", "db_sync"),),
        (("placement-manage", "db", "sync"),),
        (("glance-manage", "db_sync"),),
        (("nova-manage", "api_db", "sync"),
         ("nova-manage", "cell_v2", "map_cell0", "--database_connection", database("nova_cell0")),
         ("nova-manage", "db", "sync")),
        (("neutron-db-manage", "--config-file", "/etc/neutron/neutron.conf", "upgrade", "head"),),
        (("cinder-manage", "db", "sync"),),
        (("octavia-db-manage", "--config-file", "/etc/octavia/octavia.conf", "upgrade", "head"),),
    )  # fmt: skip
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda commands: [say(*command) for command in commands], jobs))
    say("mariadb-admin", f"--socket={SOCKET}", "shutdown")
    process.wait()


def spawn(name, *command, **environment):
    return subprocess.Popen(
        command, stdout=(LOGS / f"{name}.out").open("w"), stderr=subprocess.STDOUT, env={**os.environ, **environment}
    )


def script(name, module, *arguments):
    """Start a service by its module's main(), which is what its console script does."""
    code = f"import sys; sys.argv[0] = {name!r}; from {module} import main; sys.exit(main())"
    return spawn(name, "python3", "-P", "-c", code, *arguments, "--log-file", str(LOGS / f"{name}.log"))


def wsgi(name, file, port, processes=2):
    return spawn(
        name, "uwsgi", "--plugin", "python3", "--http-socket", f"0.0.0.0:{port}", "--wsgi-file", file, "--master",
        "--processes", str(processes), "--enable-threads", "--lazy-apps", "--need-app", "--die-on-term",
        "--buffer-size", "65535", "--log-5xx", "--disable-logging", "--add-header", "Connection: close",
    )  # fmt: skip


def answers(url):
    try:
        urllib.request.urlopen(url, timeout=10).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


class Api:
    """The few calls with which an administrator furnishes the cloud."""

    def __init__(self, ports, password):
        self._urls = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
        self._token = ""
        identity = {"methods": ["password"], "password": {"user": {
            "name": "admin", "domain": {"id": "default"}, "password": password}}}  # fmt: skip
        scope = {"project": {"name": "admin", "domain": {"id": "default"}}}
        _, headers = self._call("keystone", "POST", "/v3/auth/tokens", {"auth": {"identity": identity, "scope": scope}})
        self._token = headers["X-Subject-Token"]

    def post(self, service, path, /, **body):
        """What the service answers."""
        return self._call(service, "POST", path, body)[0]

    def put(self, service, path, raw=None):
        """What the service answers."""
        return self._call(service, "PUT", path, raw)[0]

    def get(self, service, path):
        """What the service answers."""
        return self._call(service, "GET", path, None)[0]

    def _call(self, service, method, path, body):
        data = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else None
        kind = "application/octet-stream" if isinstance(body, bytes) else "application/json"
        headers = {"Content-Type": kind, "X-Auth-Token": self._token}
        request = urllib.request.Request(self._urls[service] + path, data=data, method=method, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                said = answer.read()
                return (json.loads(said) if said else {}), answer.headers
        except urllib.error.HTTPError as error:
            sys.exit(f"{method} {service}{path}: {error.code} {error.read().decode()[:2000]}")


def run():
    """Start everything, furnish it, say that it is ready, and stay until one part dies."""
    orders = json.loads(os.environ.pop("CLOUD_ORDERS"))
    ports, secrets = orders["ports"], orders["passwords"]
    configure(ports, secrets)
    parts = PARTS
    parts["mariadb"] = start_database()
    parts["rabbitmq"] = start_broker(secrets["broker"])
    certificate()
    url = f"http://127.0.0.1:{ports['keystone']}/v3"
    for what in ("fernet_setup", "credential_setup"):
        say("keystone-manage", what, "--keystone-user", "root", "--keystone-group", "root")
    say("keystone-manage", "bootstrap", "--bootstrap-username", "admin",
        "--bootstrap-project-name", "admin", "--bootstrap-role-name", "admin", "--bootstrap-service-name", "keystone",
        "--bootstrap-region-id", REGION, "--bootstrap-admin-url", url, "--bootstrap-public-url", url,
        "--bootstrap-internal-url", url, env={**os.environ, "OS_BOOTSTRAP_PASSWORD": secrets["admin"]})  # fmt: skip
    until("RabbitMQ", lambda: listening(5672))
    parts["keystone"] = wsgi("keystone", "/usr/bin/keystone-wsgi-public", ports["keystone"], 3)
    until("keystone", lambda: answers(url))
    api = Api(ports, secrets["admin"])
    accounts(api, ports, secrets)
    say("nova-manage", "cell_v2", "create_cell", "--name", "cell1")
    for name, file in (("placement", "placement-api"), ("glance", "glance-wsgi-api"), ("nova", "nova-api-wsgi"),
                       ("cinder", "cinder-wsgi"), ("octavia", "octavia-wsgi")):  # fmt: skip
        parts[name] = wsgi(name, f"/usr/bin/{file}", ports[name])
    parts["neutron"] = spawn("neutron", "neutron-server", "--config-file", "/etc/neutron/neutron.conf")
    parts["nova-conductor"] = script("nova-conductor", "nova.cmd.conductor")
    parts["nova-scheduler"] = script("nova-scheduler", "nova.cmd.scheduler")
    parts["cinder-scheduler"] = script("cinder-scheduler", "cinder.cmd.scheduler")
    parts["cinder-volume"] = script("cinder-volume", "cinder.cmd.volume")
    parts["octavia-worker"] = spawn("octavia-worker", "octavia-worker", "--config-file", "/etc/octavia/octavia.conf",
                                    "--config-file", "/etc/octavia/worker.conf")  # fmt: skip
    for name in SERVICES:
        until(name, lambda name=name: answers(f"http://127.0.0.1:{ports[name]}/"))
    for host in HOSTS:
        parts[host] = script(f"nova-{host}", "nova.cmd.compute", "--config-file", f"/etc/nova/{host}.conf")
    furnish(api, orders)
    until("computes", lambda: discovered(api))
    READY.write_text(json.dumps({"image": orders.get("image", "")}))
    while True:
        dead()
        time.sleep(1)


def listening(port):
    import socket

    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


def start_broker(password):
    Path("/etc/rabbitmq/rabbitmq.conf").write_text(
        f"listeners.tcp.local = 127.0.0.1:5672\ndefault_user = openstack\ndefault_pass = {password}\n"
    )
    shutil.rmtree("/var/lib/rabbitmq/mnesia", ignore_errors=True)
    return spawn("rabbitmq", "rabbitmq-server", RABBITMQ_NODENAME="rabbit@localhost")


def certificate():
    say("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "/etc/octavia/ca.key", "-out",
        "/etc/octavia/ca.pem", "-days", "2", "-subj", "/CN=octavia")  # fmt: skip


def accounts(api, ports, secrets):
    """Services' users and addresses, and the ordinary member who rents."""
    service = api.post("keystone", "/v3/projects", project={"name": "service", "domain_id": "default"})["project"]["id"]
    rented = api.post("keystone", "/v3/projects", project={"name": "tenant", "domain_id": "default"})["project"]["id"]
    roles = {one["name"]: one["id"] for one in api.get("keystone", "/v3/roles")["roles"]}
    for name in ("service", "load-balancer_member"):
        roles[name] = api.post("keystone", "/v3/roles", role={"name": name})["role"]["id"]
    paths = {"nova": "/v2.1", "cinder": "/v3/%(project_id)s"}
    kinds = {
        "placement": "placement", "glance": "image", "nova": "compute", "neutron": "network", "cinder": "volumev3",
        "octavia": "load-balancer",
    }  # fmt: skip

    def user(name, password, project, *granted):
        given = {"name": name, "password": password, "domain_id": "default"}
        made = api.post("keystone", "/v3/users", user=given)["user"]["id"]
        for role in granted:
            api.put("keystone", f"/v3/projects/{project}/users/{made}/roles/{roles[role]}")

    for name, kind in kinds.items():
        user(name, secrets[name], service, "admin", "service")
        made = api.post("keystone", "/v3/services", service={"name": name, "type": kind})["service"]["id"]
        for interface in ("public", "internal", "admin"):
            api.post("keystone", "/v3/endpoints", endpoint={
                "service_id": made, "interface": interface, "region": REGION,
                "url": f"http://127.0.0.1:{ports[name]}{paths.get(name, '')}"})  # fmt: skip
    user("tenant", secrets["tenant"], rented, "member", "load-balancer_member")


def furnish(api, orders):
    """What a provider offers: sizes, an image, a type of volume, an outside network."""
    for flavour in orders["flavours"]:
        api.post("nova", "/v2.1/flavors", flavor={"disk": 0, **flavour})
    image = api.post("glance", "/v2/images", name="debian-12", id=orders["image"], disk_format="raw",
                     container_format="bare", visibility="public")  # fmt: skip
    api.put("glance", f"/v2/images/{image['id']}/file", raw=bytes(1024))
    project = api.get("keystone", "/v3/auth/projects")["projects"][0]["id"]
    api.post("cinder", f"/v3/{project}/types", volume_type={"name": "paper"})
    network = api.post("neutron", "/v2.0/networks", network={
        "name": "public", "router:external": True, "provider:network_type": "flat",
        "provider:physical_network": "outside"})["network"]["id"]  # fmt: skip
    api.post("neutron", "/v2.0/subnets", subnet={
        "network_id": network, "cidr": "192.0.2.0/24", "ip_version": 4, "enable_dhcp": False})  # fmt: skip


def discovered(api):
    say("nova-manage", "cell_v2", "discover_hosts")
    return len(api.get("nova", "/v2.1/os-hypervisors")["hypervisors"]) == len(HOSTS)


if __name__ == "__main__":
    prepare() if sys.argv[1:] == ["prepare"] else run()
