#if canImport(Network) && canImport(dnssd)
import AmendsBindings
import Foundation
import Network
import dnssd

/// Announces this phone and looks for the other one by Bonjour. The name of the instance says
/// nothing and changes every day; but Bonjour leads it to the device's own host name
/// (`Annas-iPhone.local`), which everyone on the network can read, as with every Bonjour service.
/// The app's Info.plist must name
/// `_amends._tcp` in `NSBonjourServices` and say in `NSLocalNetworkUsageDescription` why.
///
/// Compiled on Apple's platforms only; the tests of this package run on Linux and do not reach
/// it.
public final class BonjourDiscovery: Discovery, @unchecked Sendable {
    /// Everything below happens on it.
    private let queue = DispatchQueue(label: "app.amends.discovery")
    private var announcement: DNSServiceRef?
    private var announcing: Unmanaged<Told>?
    private var browser: NWBrowser?
    /// Counts the searches that have ended.
    private var round = 0
    private var resolving: [String: Resolution] = [:]

    /// Does nothing until it is started.
    public init() {}

    /// Announces and looks, in place of what was before.
    public func start(beacon: Beacon, sightings: Sightings) throws {
        try queue.sync {
            end()
            try announce(beacon, sightings)
            browse(beacon, sightings)
        }
    }

    /// Takes the announcement back and looks no more.
    public func stop() throws {
        queue.sync { end() }
    }

    deinit {
        // Nobody else holds it any more, so nothing of it runs on the queue.
        end()
    }

    private func end() {
        if let announcement { DNSServiceRefDeallocate(announcement) }
        announcement = nil
        // No callback comes after its reference is gone.
        announcing?.release()
        announcing = nil
        round += 1
        browser?.cancel()
        browser = nil
        resolving.values.forEach { $0.end() }
        resolving = [:]
    }

    /// By the older interface: a listener of Network's would want a port of its own.
    private func announce(_ beacon: Beacon, _ sightings: Sightings) throws {
        let told = Unmanaged.passRetained(Told(sightings))
        let status = DNSServiceRegister(
            &announcement, DNSServiceFlags(kDNSServiceFlagsNoAutoRename), 0, beacon.name,
            beacon.service, nil, nil, beacon.port.bigEndian, 0, nil,
            { _, _, status, _, _, _, context in
                guard status != kDNSServiceErr_NoError, let context else { return }
                let told = Unmanaged<Told>.fromOpaque(context).takeUnretainedValue()
                told.sightings.trouble(what: "Bonjour does not announce (status \(status))")
            }, told.toOpaque())
        guard status == kDNSServiceErr_NoError, let announcement else {
            told.release()
            throw status == kDNSServiceErr_PolicyDenied
                ? HostError.LocalNetworkDenied(why: "the person has not allowed the local network")
                : HostError.Failed(why: "Bonjour does not announce (status \(status))")
        }
        announcing = told
        DNSServiceSetDispatchQueue(announcement, queue)
    }

    private func browse(_ beacon: Beacon, _ sightings: Sightings) {
        let browser = NWBrowser(for: .bonjour(type: beacon.service, domain: nil), using: .tcp)
        browser.stateUpdateHandler = { state in
            switch state {
            case .waiting(.dns(DNSServiceErrorType(kDNSServiceErr_PolicyDenied))),
                .failed(.dns(DNSServiceErrorType(kDNSServiceErr_PolicyDenied))):
                sightings.denied(what: "the person has not allowed the local network")
            case .waiting(let error), .failed(let error):
                sightings.trouble(what: "Bonjour does not look: \(error.localizedDescription)")
            default: break
            }
        }
        browser.browseResultsChangedHandler = { [weak self, round] _, changes in
            // What was queued before the end comes after it.
            guard let self, self.round == round else { return }
            for change in changes {
                switch change {
                case .added(let result): self.found(result.endpoint, beacon, sightings)
                case .removed(let result): self.lost(result.endpoint, sightings)
                default: break
                }
            }
        }
        browser.start(queue: queue)
        self.browser = browser
    }

    private func found(_ endpoint: NWEndpoint, _ beacon: Beacon, _ sightings: Sightings) {
        guard case .service(let name, let type, let domain, _) = endpoint,
            beacon.wanted.contains(name)
        else { return }
        resolving[name]?.end()
        resolving[name] = Resolution(name, type, domain, sightings, queue)
    }

    private func lost(_ endpoint: NWEndpoint, _ sightings: Sightings) {
        guard case .service(let name, _, _, _) = endpoint else { return }
        resolving.removeValue(forKey: name)?.end()
        sightings.gone(name: name)
    }
}

/// Where a callback of the older interface tells what it hears.
private class Told {
    let sightings: Sightings

    init(_ sightings: Sightings) {
        self.sightings = sightings
    }
}

/// Asks on which host and port an instance is, again whenever that changes.
private final class Resolution: Told {
    private let name: String
    private var reference: DNSServiceRef?
    private var retained: Unmanaged<Resolution>?

    init(
        _ name: String, _ type: String, _ domain: String, _ sightings: Sightings,
        _ queue: DispatchQueue
    ) {
        self.name = name
        super.init(sightings)
        let context = Unmanaged.passRetained(self)
        let status = DNSServiceResolve(
            &reference, 0, 0, name, type, domain,
            { _, _, _, status, _, host, port, _, _, context in
                guard status == kDNSServiceErr_NoError, let host, let context else { return }
                let resolution = Unmanaged<Resolution>.fromOpaque(context).takeUnretainedValue()
                let place = "\(String(cString: host)):\(UInt16(bigEndian: port))"
                resolution.sightings.seen(name: resolution.name, address: place)
            }, context.toOpaque())
        if status == kDNSServiceErr_NoError, let reference {
            retained = context
            DNSServiceSetDispatchQueue(reference, queue)
        } else {
            context.release()
            sightings.trouble(what: "Bonjour does not resolve (status \(status))")
        }
    }

    /// On the queue that the answers come on: none comes afterwards.
    func end() {
        if let reference { DNSServiceRefDeallocate(reference) }
        reference = nil
        retained?.release()
        retained = nil
    }
}
#endif
