// Has Node.js find one name (AUDITED_NAME) at one address: names of a lab are in no DNS.
const dns = require("node:dns");
const lookup = dns.lookup;

dns.lookup = (name, options, callback) => {
  const [wanted, done] = typeof options === "function" ? [{}, options] : [options, callback];
  if (name !== process.env.AUDITED_NAME) return lookup(name, wanted, done);
  const found = { address: process.env.AUDITED_ADDRESS, family: 4 };
  return process.nextTick(() => (wanted.all ? done(null, [found]) : done(null, found.address, found.family)));
};
