#!/usr/bin/python3
"""The greeter: a gRPC server to stand behind a proxy, and a client to come through it.

  greeter.py serve NAME PORT                         port 0: any free one, named on standard output
  greeter.py call TARGET hello NAME..                one call each
  greeter.py call TARGET countdown FIRST [PAUSE_MS]
  greeter.py call TARGET together NAME..
  greeter.py call TARGET chat NAME..

--timeout SECONDS is a call's deadline. The client prints answers, or the status of a failed call and
exits with 1. Needs Debian's python3-grpcio, python3-protobuf and protobuf-compiler.
"""
import argparse
import concurrent.futures
import importlib
import os
import subprocess
import sys
import tempfile
import time

import grpc

HERE = os.path.dirname(os.path.abspath(__file__))


def load_messages():
    """The classes that protoc makes of greeter.proto."""
    with tempfile.TemporaryDirectory() as d:
        subprocess.check_call(['protoc', '-I', HERE, '--python_out=' + d, 'greeter.proto'])
        sys.path.insert(0, d)
        return importlib.import_module('greeter_pb2')


pb = load_messages()


class Greeter:
    def __init__(self, name):
        self.name = name

    def greeting(self, text):
        return pb.Greeting(text=text, server=self.name)

    def hello(self, request, context):
        if not request.name:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, 'nobody to greet')
        return self.greeting('hello, ' + request.name)

    def countdown(self, request, context):
        for i in range(request.first, 0, -1):
            yield self.greeting(str(i))
            time.sleep(request.pause_ms / 1000)

    def together(self, requests, context):
        return self.greeting('hello, ' + ' and '.join(r.name for r in requests))

    def chat(self, requests, context):
        for r in requests:
            yield self.hello(r, context)


def serve(options):
    greeter = Greeter(options.name)
    named = pb.Name.FromString

    def method(kind, behaviour, read):
        return kind(behaviour, request_deserializer=read,
                    response_serializer=pb.Greeting.SerializeToString)
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(max_workers=16))
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler('demo.Greeter', {
        'Hello': method(grpc.unary_unary_rpc_method_handler, greeter.hello, named),
        'Countdown': method(grpc.unary_stream_rpc_method_handler, greeter.countdown,
                            pb.Start.FromString),
        'Together': method(grpc.stream_unary_rpc_method_handler, greeter.together, named),
        'Chat': method(grpc.stream_stream_rpc_method_handler, greeter.chat, named)})])
    port = server.add_insecure_port('127.0.0.1:%d' % options.port)
    server.start()
    print('%s listens on 127.0.0.1:%d' % (options.name, port), flush=True)
    server.wait_for_termination()


def answers(channel, options):
    """The greetings of one command, as they come."""
    def method(kind, name):
        return kind('/demo.Greeter/' + name, response_deserializer=pb.Greeting.FromString,
                    request_serializer=lambda m: m.SerializeToString())
    names = [pb.Name(name=n) for n in options.words]
    if options.method == 'hello':
        hello = method(channel.unary_unary, 'Hello')
        for n in names:
            yield hello(n, timeout=options.timeout)
    elif options.method == 'countdown':
        numbers = [int(w) for w in options.words] + [0]
        start = pb.Start(first=numbers[0], pause_ms=numbers[1])
        yield from method(channel.unary_stream, 'Countdown')(start, timeout=options.timeout)
    elif options.method == 'together':
        yield method(channel.stream_unary, 'Together')(iter(names), timeout=options.timeout)
    else:
        yield from method(channel.stream_stream, 'Chat')(iter(names), timeout=options.timeout)


def call(options):
    with grpc.insecure_channel(options.target) as channel:
        try:
            for greeting in answers(channel, options):
                print('%s: %s' % (greeting.server, greeting.text), flush=True)
        except grpc.RpcError as e:
            print('%s: %s' % (e.code().name, e.details()))
            return 1
    return 0


def main():
    parser = argparse.ArgumentParser(description='A gRPC server and its client.')
    commands = parser.add_subparsers(dest='command', required=True)
    serving = commands.add_parser('serve')
    serving.add_argument('name')
    serving.add_argument('port', type=int)
    calling = commands.add_parser('call')
    calling.add_argument('--timeout', type=float, default=30)
    calling.add_argument('target')
    calling.add_argument('method', choices=['hello', 'countdown', 'together', 'chat'])
    calling.add_argument('words', nargs='+')
    options = parser.parse_args()
    return serve(options) if options.command == 'serve' else call(options)


if __name__ == '__main__':
    sys.exit(main())
