export * from './address/ip.js';
