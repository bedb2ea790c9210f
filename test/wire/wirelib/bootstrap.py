"""Bootstraps as protobuf text. Only what the tests vary is a parameter."""

HCM = ('type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.'
       'HttpConnectionManager')
TCP_PROXY = 'type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy'
ROUTER = 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router'


def endpoint(port, host='127.0.0.1'):
    return ('lb_endpoints { endpoint { address { socket_address { address: "%s" port_value: %d } '
            '} } }' % (host, port))


def cluster(name, endpoints, kind='STATIC', more=''):
    """`endpoints`: ports of 127.0.0.1, or (host, port)."""
    parts = [endpoint(e) if isinstance(e, int) else endpoint(e[1], e[0]) for e in endpoints]
    return ('clusters { name: "%s" type: %s connect_timeout { seconds: 5 } %s load_assignment { '
            'cluster_name: "%s" endpoints { %s } } }' % (name, kind, more, name, '\n'.join(parts)))


def route(prefix, to, more=''):
    return 'routes { match { prefix: "%s" } route { cluster: "%s" timeout {} %s } }' % (
        prefix, to, more)


def listener(name, routes, port=0, manager='', more='', chain=''):
    """`manager`, `chain`: more fields of the connection manager and of the filter chain."""
    return '''
  listeners {
    name: "%s"
    address { socket_address { address: "127.0.0.1" port_value: %d } }
    %s
    filter_chains { %s filters {
      name: "envoy.filters.network.http_connection_manager"
      typed_config { [%s] {
        stat_prefix: "%s"
        %s
        route_config { name: "routes" virtual_hosts { name: "all" domains: "*"
          %s
        } }
        http_filters { name: "envoy.filters.http.router" typed_config { [%s] {} } }
      } }
    } }
  }''' % (name, port, more, chain, HCM, name, manager, '\n'.join(routes), ROUTER)


def tcp_chain(to, fields='', match=''):
    """A filter chain whose connections go to a cluster, byte for byte; statistics "tcp.web.*"."""
    return ('filter_chains { filter_chain_match { %s } filters { name: "tcp" typed_config { [%s] { '
            'stat_prefix: "web" cluster: "%s" %s } } } }' % (match, TCP_PROXY, to, fields))


def tcp_listener(name, *chains, more=''):
    return ('listeners { name: "%s" address { socket_address { address: "127.0.0.1" port_value: 0 '
            '} } %s %s }' % (name, more, '\n'.join(chains)))


def bootstrap(*static_resources, admin_port=0, admin=''):
    """`admin`: more fields of it."""
    return ('admin { address { socket_address { address: "127.0.0.1" port_value: %d } } %s }\n'
            'static_resources {\n%s\n}\n' % (admin_port, admin, '\n'.join(static_resources)))


def one_route_to(*ports, manager='', cluster_more=''):
    """Listener "web", everything to cluster "origin"."""
    return bootstrap(listener('web', [route('/', 'origin')], manager=manager),
                     cluster('origin', list(ports), more=cluster_more))
