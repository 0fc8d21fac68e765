/** scripts/kernels/pack-kernel.ts, compiled by `npm run build:kernels`; a test compares. */
export const packKernelBinary = Buffer.from(
  'AGFzbQEAAAABCgFgBn9/fHx8fwADAgEABQMBAAEHEQIEcGFjawAABm1lbW9yeQIACuQBAeEBAQR7IAL9FCEGIAP9' +
    'FCEHIAT9FCEIA0AgAUEETgRAIAUgAP0ABAD9DAD///8D////Bv///wn////9DiIJ/f8BIAb98gEgB/3xASAI/fIB' +
    '/V4gCSAJ/Q0ICQoLDA0ODwgJCgsMDQ4P/f8BIAb98gEgB/3xASAI/fIB/V79DQABAgMEBQYHEBESExQVFhf9CwQA' +
    'IABBDGohACAFQRBqIQUgAUEEayEBDAELCwNAIAFBAEoEQCAFIAAtAAC4IAKiIAOhIASitjgCACAAQQNqIQAgBUEE' +
    'aiEFIAFBAWshAQwBCwsL',
  'base64',
);
