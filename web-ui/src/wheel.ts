// What a wheel or a touchpad says about magnifying.

/** Pixels for each line and page that a wheel turns. */
const PIXELS = [1, 16, 400];
const WHEEL = 0.002;
/** A pinch on a touchpad comes as a wheel of small steps with the control key. */
const TOUCHPAD = 0.01;

/** The factor that a turn of the wheel magnifies by. */
export const wheelFactor = ({ deltaY, deltaMode, ctrlKey }: Pick<WheelEvent, 'deltaY' | 'deltaMode' | 'ctrlKey'>) =>
  Math.exp(-deltaY * PIXELS[deltaMode]! * (ctrlKey ? TOUCHPAD : WHEEL));
