/**
 * What `common` stands for: about two hundred TCP ports on which hosts are most often found to serve something,
 * chosen by hand from the services that people run. A group says why its ports are here.
 */
export const COMMON_PORTS: readonly number[] = [
  // The small services of inetd: where still on, they date a host and help to attack others.
  ...[7, 9, 13, 19, 37, 79, 113],
  // Files: FTP and FTP over TLS, SMB, AFP, rsync, NFS with its port mapper, iSCSI, svn, git.
  ...[20, 21, 111, 139, 445, 548, 873, 990, 2049, 3260, 3690, 9418],
  // A shell or a desktop from afar: SSH and its usual second ports, telnet, the r-commands, RDP, VNC, X11, WinRM.
  ...[22, 23, 512, 513, 514, 992, 2222, 3389, 5800, 5900, 5901, 5938, 5985, 5986, 6000, 22222],
  // Mail: transfer, submission, retrieval, with and without TLS; spamd, ManageSieve.
  ...[25, 110, 143, 465, 587, 783, 993, 995, 2525, 4190],
  // Names, directories, sign-on: WHOIS, TACACS+, DNS and DNS over TLS, Kerberos, LDAP and the global catalog.
  ...[43, 49, 53, 88, 389, 464, 636, 749, 853, 3268, 3269],
  // Windows hosts: RPC, NetBIOS, message queue, device discovery, directory web services, the first dynamic RPC ports.
  ...[135, 593, 1801, 5357, 9389, 49152, 49153, 49154],
  // The web: its two ports, and where second servers, proxies, application and development servers are put.
  ...[80, 81, 443, 591, 3000, 3001, 4000, 4200, 4443, 5000, 5001, 5173, 7000, 7001, 7443],
  ...[8000, 8001, 8008, 8009, 8080, 8081, 8082, 8083, 8088, 8090, 8180, 8181, 8443, 8800, 8880, 8888],
  ...[9000, 9001, 9080, 9443, 9999],
  // Consoles of machines and panels: IPMI, ESXi, cPanel and WHM, Proxmox, MikroTik, Webmin.
  ...[623, 902, 2082, 2083, 2086, 2087, 8006, 8291, 10000],
  // Proxies and tunnels: SOCKS, OpenVPN over TCP, PPTP, Squid, Privoxy, Tor.
  ...[1080, 1194, 1723, 3128, 8118, 9050],
  // Relational databases: SQL Server, Oracle, Firebird, MySQL and its X protocol, PostgreSQL, PgBouncer, CockroachDB, Db2.
  ...[1433, 1521, 3050, 3306, 5432, 5433, 6432, 26257, 33060, 50000],
  // Other stores: CouchDB, Redis and Sentinel, Neo4j, InfluxDB, Couchbase, ClickHouse, Cassandra, memcached, MongoDB.
  ...[5984, 6379, 6380, 7474, 7687, 8086, 8091, 8123, 9042, 11211, 26379, 27017, 27018],
  // Search and analytics: Kibana, Spark, Solr, Elasticsearch and OpenSearch, Hadoop's name node.
  ...[5601, 7077, 8983, 9200, 9300, 9870],
  // Messages and streams: IBM MQ, MQTT, ZooKeeper, NATS, Erlang's mapper, AMQP, ActiveMQ, Kafka, RabbitMQ's console, STOMP.
  ...[1414, 1883, 2181, 4222, 4369, 5671, 5672, 8161, 8883, 9092, 15672, 61613, 61616],
  // Containers and orchestration: Docker and swarm, etcd, Nomad, Kubernetes, Vault, Consul, the kubelet.
  ...[2375, 2376, 2377, 2379, 2380, 4646, 6443, 8200, 8500, 10250, 10255],
  // Watching: Graphite, Loki, OTLP, Munin, NRPE, Checkmk, Prometheus, its gateway, Alertmanager, node exporter, Zabbix, Jaeger.
  ...[2003, 3100, 4317, 4318, 4949, 5666, 6556, 9090, 9091, 9093, 9100, 10050, 10051, 16686],
  // Talk and media: RTSP, H.323, RTMP, SIP, XMPP, IRC, Plex, Mumble.
  ...[554, 1720, 1935, 5060, 5061, 5222, 5269, 6667, 6697, 8554, 32400, 64738],
  // Printers, and things in homes and workshops: S7, Modbus, LPD, IPP, OPC UA, Android's adb, TR-069, EtherNet/IP.
  ...[102, 502, 515, 631, 4840, 5555, 7547, 44818],
  // Routing and building: BGP, LDP, Java RMI, distcc, Java's and Node's debuggers, gRPC.
  ...[179, 646, 1099, 3632, 5005, 9229, 50051],
  // Games that people host: Minecraft, Source engine.
  ...[25565, 27015],
]
