// Keep a Node process off the network, and write down which hosts it asked for (loaded with --require).
// Loopback stays open. BLOCK_LOG names the file that takes one line a request: host, a tab, how.
const dns = require('node:dns');
const fs = require('node:fs');
const net = require('node:net');

const log = process.env.BLOCK_LOG || '/dev/null';
const isLoopback = (host) => /^(localhost|127\.|::1|0\.0\.0\.0)/.test(String(host || 'localhost'));
const note = (host, how) => fs.appendFileSync(log, `${host}\t${how}\n`);
const blocked = (host) => Object.assign(new Error('blocked for the measurement'), { code: 'EAI_AGAIN', hostname: host });

const lookup = dns.lookup;
dns.lookup = function (host, options, callback) {
  if (isLoopback(host)) return lookup.apply(this, arguments);
  note(host, 'name look-up');
  process.nextTick(typeof options === 'function' ? options : callback, blocked(host));
};
const promised = dns.promises.lookup;
dns.promises.lookup = function (host) {
  if (isLoopback(host)) return promised.apply(this, arguments);
  note(host, 'name look-up');
  return Promise.reject(blocked(host));
};
const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function (...given) {
  const options = Array.isArray(given[0]) ? given[0][0] : given[0];
  const host = typeof options === 'object' && options ? options.host : given[1];
  const pipe = typeof options === 'object' && options && options.path;
  if (!pipe && net.isIP(String(host)) && !isLoopback(host)) {
    note(host, 'connection');
    process.nextTick(() => this.destroy(blocked(host)));
    return this;
  }
  return connect.apply(this, given);
};
