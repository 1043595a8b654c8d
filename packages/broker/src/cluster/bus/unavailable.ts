import { UnavailableError } from '../../app/unavailable-error.ts';

/** Why a message was not accepted. Publishers and clients read it. */
export function busUnavailable(): UnavailableError {
  return new UnavailableError('The other nodes of the broker cannot be reached.');
}
