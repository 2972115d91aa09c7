<?php
// Ours, believed only by the key that they are known to be of.
foreach (\SimpleSAML\Metadata\SAMLParser::parseDescriptorsFile('@HOME@/idp.xml') as $id => $entity) {
    if (!$entity->validateSignature(['idp.crt'])) {
        throw new \Exception('the metadata are not signed by the key that is known');
    }
    $metadata[$id] = $entity->getMetadata20IdP();
    unset($metadata[$id]['entityDescriptor']);
}
